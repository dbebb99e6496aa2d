import { useState } from 'react';
import { kindOf, OFFERED_KINDS } from '#shared/connection-kind.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { usePreferences } from '../../store/app/preferences.ts';

type Switchable = 'profile' | 'on' | 'off';

/** A connection as it is being filled in. */
export interface ChoiceForm {
  readonly kind: ConnectionChoice['kind'];
  readonly profile: string | null;
  readonly region: string;
  readonly endpoint: string;
  readonly fips: Switchable;
  readonly dualStack: Switchable;
}

const asSwitch = (value: boolean | null | undefined): Switchable =>
  value === true ? 'on' : value === false ? 'off' : 'profile';
const asBoolean = (value: Switchable): boolean | null => (value === 'profile' ? null : value === 'on');

export function useChoiceForm(initial: ConnectionChoice | undefined) {
  const aws = initial === undefined ? null : kindOf(initial).credentials();
  const preferred = usePreferences((state) => state.region);
  const [form, setForm] = useState<ChoiceForm>({
    kind: initial?.kind ?? 'practice',
    profile: aws?.profile ?? null,
    region: aws === null ? (preferred ?? '') : (aws.region ?? ''),
    endpoint: aws?.endpointUrl ?? '',
    fips: asSwitch(aws?.fips),
    dualStack: asSwitch(aws?.dualStack),
  });
  const patch = (change: Partial<ChoiceForm>): void => setForm((now) => ({ ...now, ...change }));
  return { form, patch, problem: typedEndpointProblem(form.endpoint) };
}

/** What is wrong with an endpoint; null: nothing. */
function typedEndpointProblem(endpoint: string): string | null {
  const text = endpoint.trim();
  if (text === '') return null;
  const url = URL.parse(text);
  if (url === null) return 'This is no URL.';
  return /^https?:$/.test(url.protocol) ? null : 'An endpoint begins with https:// or http://.';
}

export function choiceOf({ kind, profile, region, endpoint, fips, dualStack }: ChoiceForm): ConnectionChoice {
  return OFFERED_KINDS[kind].choose({
    profile,
    region: region.trim() === '' ? null : region.trim(),
    endpointUrl: endpoint.trim() === '' ? null : endpoint.trim(),
    fips: asBoolean(fips),
    dualStack: asBoolean(dualStack),
  });
}
