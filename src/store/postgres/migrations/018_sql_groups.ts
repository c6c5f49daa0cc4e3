import { functions } from './sql/functions.ts'
import { options } from './sql/options.ts'
import { queueRules } from './sql/queues.ts'
import { storing } from './sql/storing.ts'

/** A function of the migration before, but for some of its text. */
function anew(
  all: string,
  name: string,
  ...changes: readonly (readonly [before: string, after: string])[]
): string {
  const [, before = ''] =
    new RegExp(`^(create function millhand\\.${name}\\(.*?^(?:end )?\\$\\$;$)`, 'ms').exec(all) ?? []
  const changed = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the function ${name} has no '${from}'`)
    return text.replace(from, () => to)
  }, before)
  return `${changed.replace('create function', 'create or replace function')}\n`
}

const GROUP = "nullif(split_part(split_part(job.limits, '[\"@', 2), '\"', 1), '')"

const grouped = `-- Groups of jobs that are enqueued in SQL, and those of jobs that are tried again there.

-- The gates of a job with its group, as src/job/job-gates.ts writes it.
create function millhand.sql_grouped(limits text, options jsonb) returns text language plpgsql as $$
declare
  its_group text := millhand.sql_text(options, 'group', 'a text of 1 to 512 characters');
begin
  if its_group is null then return limits; end if;
  its_group := replace(replace(replace(millhand.sql_label('group', its_group), '%', '%25'), '"', '%22'), chr(92), '%5C');
  return '[["@' || its_group || '",0]' || coalesce(',' || substr(limits, 2), ']');
end $$;
revoke all on function millhand.sql_grouped(text, jsonb) from public;
`

export const sqlGroups = [
  grouped,
  anew(options, 'sql_check_options', ['retries,timeout}', 'retries,timeout,group}']),
  anew(queueRules, 'sql_settings', ["'overflow', 'limits')", "'overflow', 'limits', 'shares')"]),
  anew(
    storing,
    'sql_wait',
    ['bytes, detailed)', 'bytes, detailed, turn_group)'],
    [
      "when starts_with(job.limits, '[[\"!') then 4",
      "when strpos(job.limits, '[\"@') > 0 then 6 when starts_with(job.limits, '[[\"!') then 4",
    ],
    ['back is not null);', `back is not null, ${GROUP});`],
  ),
  anew(functions, 'enqueue', [
    "millhand.sql_gates(settings -> 'limits')",
    "millhand.sql_grouped(millhand.sql_gates(settings -> 'limits'), given)",
  ]),
].join('\n')
