-- The exams of a grader. Written when an exam changes, which it does seldom.
CREATE INDEX exams_v2_graders ON exams_v2 USING gin ((graders::jsonb));
