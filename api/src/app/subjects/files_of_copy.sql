-- Names are by what a file is, so that a person finds their way; of final PDFs the later ones have the later numbers.
SELECT 'scan.pdf', payload -> 'CopyImportRequested' ->> 'source'
FROM events WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1 AND event_type = 'CopyImportRequested'
UNION ALL
SELECT 'pages/' || (page.nth - 1) || '.png', page.it ->> 'sha256'
FROM events, json_array_elements(payload -> 'CopyImported' -> 'pages') WITH ORDINALITY AS page (it, nth)
WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1 AND event_type = 'CopyImported'
UNION ALL
SELECT 'final-' || row_number() OVER (ORDER BY sequence) || '.pdf', payload -> 'CopyGraded' ->> 'pdf'
FROM events WHERE aggregate_type = 'ExamCopy' AND aggregate_id = $1 AND event_type = 'CopyGraded'
