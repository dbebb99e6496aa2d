import { z } from 'zod';
import { FaultError, fault } from '#shared/model/fault.ts';

/** Resources that are a KMS key. Deleting an alias or a grant deletes no key. */
const KEYS: ReadonlySet<string> = new Set([
  'aws_kms_key',
  'aws_kms_external_key',
  'aws_kms_replica_key',
  'aws_kms_replica_external_key',
]);

const Before = z.object({
  arn: z.string().nullish(),
  key_id: z.string().nullish(),
  id: z.string().nullish(),
});
const Change = z.object({
  address: z.string(),
  type: z.string(),
  change: z.object({ actions: z.array(z.string()), before: Before.nullish() }),
});

/** What Terraform and OpenTofu print of a plan (`terraform show -json PLAN`), format 0.1 to 1.x. */
const Plan = z.object({
  format_version: z.string(),
  resource_changes: z.array(Change).optional(),
  planned_values: z.unknown().optional(),
  /** Terraform 1.8 and later: whether applying it leaves nothing to plan. */
  complete: z.boolean().optional(),
  errored: z.boolean().optional(),
  deferred_changes: z.array(z.object({ resource_change: Change })).optional(),
});

/** Keys that a plan would delete. */
interface PlannedDeletions {
  /** ARNs, or key ids where the plan has no ARN. */
  readonly keys: readonly string[];
  /** Resources that would be deleted, of which the plan does not name the key; and what else keeps it from being whole. */
  readonly nameless: readonly string[];
}

/** Throws FaultError `NoTerraformPlan` for what is no plan in JSON. */
export function plannedDeletions(text: string): PlannedDeletions {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw noPlan('It is not JSON.');
  }
  const parsed = Plan.safeParse(value);
  if (!parsed.success) throw noPlan('It has another form.');
  const plan = parsed.data;
  // A state has `values`, and says nothing of what would be done.
  if (plan.resource_changes === undefined && plan.planned_values === undefined)
    throw noPlan('It is a state, not a plan: it does not say what would be deleted.');
  const keys = new Set<string>();
  const nameless: string[] = [];
  for (const { address, type, change } of [
    ...(plan.resource_changes ?? []),
    ...(plan.deferred_changes ?? []).map((each) => each.resource_change),
  ]) {
    if (!KEYS.has(type) || !change.actions.includes('delete')) continue;
    const name = change.before?.arn ?? change.before?.key_id ?? change.before?.id;
    if (name === undefined || name === null || name === '') nameless.push(address);
    else keys.add(name);
  }
  if (plan.errored === true) nameless.push('more than it lists, as the plan ended with an error');
  return { keys: [...keys], nameless };
}

const noPlan = (detail: string): FaultError =>
  new FaultError(
    fault(
      'NoTerraformPlan',
      'The file is no Terraform plan in JSON.',
      detail,
      'Make it with: terraform plan -out PLAN && terraform show -json PLAN > plan.json',
    ),
  );
