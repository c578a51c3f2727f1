-- Whose a copy was ever said to be, from the events themselves: an erasure must not miss a copy that a view is behind with or
-- has left out.
CREATE INDEX events_identified ON events ((payload -> 'CopyIdentified' ->> 'subject'))
    WHERE event_type = 'CopyIdentified';
