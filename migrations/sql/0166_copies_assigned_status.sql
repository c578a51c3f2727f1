-- What a grader still has to mark is few of what they were ever given. One more entry for each change of an assigned copy's status.
CREATE INDEX copies_v2_assigned_status ON copies_v2 (assigned_to, status, created_position) WHERE assigned_to IS NOT NULL;
