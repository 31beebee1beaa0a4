-- Ids that are used at once are inserted together; which of them were new is what the statement returns. They are hashes.
GRANT SELECT (id) ON used_once TO gatehouse_function;
