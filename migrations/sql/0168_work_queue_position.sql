-- Work is claimed in the order of positions, whatever its kind: in a long queue each claim sorted it all. One more entry for each
-- item that comes in.
CREATE INDEX work_queue_v1_position ON work_queue_v1 (position);
