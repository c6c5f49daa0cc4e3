import type pg from 'pg'

/** Tables of which a commit has to be on the disk before anybody is told of it. */
const FLUSHED = ['jobs', 'completed', 'settled', 'effects']

/**
 * Lets the server look, at each commit that has to be durable, whether it is: a setting that a light statement has made
 * would hold for the rest of its transaction. What is found is kept in `unflushed`, in the same commit.
 */
export async function watchFlushes(client: pg.Client, schema: string): Promise<void> {
  const at = `"${schema}"`
  const triggers = FLUSHED.map(
    (table) => `create constraint trigger flushed after insert on ${at}.${table} deferrable initially deferred
      for each row execute function ${at}.look_at_flush();`,
  )
  await client.query(`
    create table ${at}.effects (written bigint);
    create table ${at}.unflushed (what text);
    create function ${at}.look_at_flush() returns trigger language plpgsql as $$
      begin
        if current_setting('synchronous_commit') <> 'on' then
          insert into ${at}.unflushed values (tg_table_name);
        end if;
        return null;
      end
    $$;
    ${triggers.join('\n')}`)
}

/** The tables that were written without waiting for the disk, in words. */
export async function unflushed(client: pg.Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ what: string }>(`select distinct what from "${schema}".unflushed`)
  return rows.map(({ what }) => `a commit of '${what}' did not wait for the disk`)
}
