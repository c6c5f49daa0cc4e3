export const orders = `-- What a worker was told from afar: null, quiet or stop.

alter table millhand_workers add column orders text;
`
