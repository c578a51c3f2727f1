-- Which roles of the server the parts of the service run under, as `gradeledger db harden` has set them up; empty where one
-- role does everything. What each may do follows from its part (migrations/src/roles), and is held to that by `doctor`.
CREATE TABLE database_roles (
    part text PRIMARY KEY CHECK (part IN ('writer', 'projector', 'reader', 'keys')),
    role text NOT NULL UNIQUE
);
