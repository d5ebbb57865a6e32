-- 0010_said.sql - what is said once more is told by its number, and a repeated report by its body.
--
-- said is of store_sqlite_said.h, and NULL where a row was written in another way: then it is written as a whole.
ALTER TABLE device ADD COLUMN said INTEGER;
ALTER TABLE user_state ADD COLUMN said INTEGER;

-- Digests of older reports stay where they are, for to leave them out would write all of the history anew; new
-- ones are empty. So a report takes less, and the sum is made once more. A server before this step would take a
-- repeat for another report: it must not open the store any more.
UPDATE history SET bytes = (SELECT coalesce(sum(history_cost(length(body))), 0) FROM report);
