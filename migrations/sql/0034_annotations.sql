-- Annotations. A removed one keeps its row, with `removed_at`, because its number is never given again.
CREATE TABLE annotations_v1 (
    copy_id uuid NOT NULL,
    annotation_id uuid NOT NULL,
    number integer NOT NULL,
    revision integer NOT NULL,
    page_index integer NOT NULL,
    page text NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    kind text NOT NULL,
    points_hundredths bigint,
    question text,
    text text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    updated_at timestamptz NOT NULL,
    removed_at timestamptz,
    position bigint NOT NULL,
    PRIMARY KEY (copy_id, annotation_id)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX annotations_v1_number ON annotations_v1 (copy_id, number);
