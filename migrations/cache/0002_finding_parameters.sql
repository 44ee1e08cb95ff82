-- What a remark is made of, so that a window can say it in its language; and which statement it is about where it
-- compares two: such remarks are made again whenever a document changes what stands before or behind a statement.
alter table finding add column parameters text;
alter table finding add column statement_id integer;
create index finding_statement on finding (statement_id) where statement_id is not null;
