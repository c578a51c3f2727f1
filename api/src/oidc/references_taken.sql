SELECT EXISTS (SELECT FROM subject_references r WHERE r.reference_hmac = ANY ($2) AND r.subject_id <> $1),
       EXISTS (SELECT FROM erased_owners e WHERE e.owner_kind = 'subject' AND e.owner_id = $1)
