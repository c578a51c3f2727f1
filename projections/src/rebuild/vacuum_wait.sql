-- As long as Postgres lets a vacuum of its own be waited for, and a while for it to end.
SELECT set_config(
    'lock_timeout',
    (extract(epoch FROM current_setting('deadlock_timeout')::interval) * 1000 + $1)::bigint::text,
    true)
