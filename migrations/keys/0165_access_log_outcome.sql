-- What was refused, failed, left out or pruned is seldom, and what an auditor asks for; rows of what was shown cost nothing here.
CREATE INDEX access_log_outcome ON access_log (outcome, id) WHERE outcome <> 'shown';
