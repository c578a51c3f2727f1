-- Whom a session is, whether that is the role $1 or a member of it, and whether it is more: a superuser, or a member of whoever
-- owns what its schema holds.
SELECT
    current_user::text,
    pg_has_role(current_user, $1, 'MEMBER'),
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND pg_has_role(current_user, relowner, 'MEMBER')
    )
