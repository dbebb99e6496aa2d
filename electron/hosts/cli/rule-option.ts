import { InvalidArgumentError } from 'commander';
import { type Rule, readRule } from '#shared/model/rule.ts';
import { RULE_NAMES } from '#shared/model/rule-names.ts';

/** Collects `--rule NAME=VALUE`. */
export function rule(value: string, previous: Rule[] | undefined): Rule[] {
  const read = readRule(value);
  if ('problem' in read)
    throw new InvalidArgumentError(
      read.problem === null
        ? `A rule is ${RULE_NAMES.map((each) => `${each}=…`).join(', ')}; for example path=**/*.env or key=alias/old.`
        : `${read.problem.charAt(0).toUpperCase()}${read.problem.slice(1)}.`,
    );
  return [...(previous ?? []), read];
}
