-- The trigger function of every table that only grows.
CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: it holds what was recorded, and that never changes', tg_op, tg_table_schema, tg_table_name
        USING ERRCODE = 'restrict_violation',
              HINT = 'A repair is a command with a reason.';
END
$$;
