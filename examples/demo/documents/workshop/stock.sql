-- The store room. One row a sack, never deleted: a sack that has left has a date in `fetched_on`.
create table sacks (
  number integer primary key,
  owner text not null,
  grain text not null check (grain in ('wheat', 'rye', 'barley', 'oats', 'spelt')),
  weight_kg real not null check (weight_kg > 0),
  brought_on text not null,
  ground_on text,
  fetched_on text
);

-- What is in the house, and since when: the first thing to look at in the morning.
create view in_the_house as
select grain, count(*) as sacks, sum(weight_kg) as kg, min(brought_on) as oldest
from sacks where fetched_on is null group by grain order by oldest;
