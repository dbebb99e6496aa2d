import { InvalidArgumentError } from 'commander';
import { RULE_NAMES, type Rule, ruleOf } from '#shared/model/rule.ts';

/** Collects `--rule NAME=VALUE`. */
export function rule(value: string, previous: Rule[] | undefined): Rule[] {
  const read = ruleOf(value);
  if (read === null)
    throw new InvalidArgumentError(
      `A rule is ${RULE_NAMES.map((each) => `${each}=…`).join(', ')}; for example path=**/*.env or key=alias/old.`,
    );
  return [...(previous ?? []), read];
}
