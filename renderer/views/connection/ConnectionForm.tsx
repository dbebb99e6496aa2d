import { LogIn } from 'lucide-react';
import { useEffect } from 'react';
import { OFFERED_KINDS } from '#shared/connection-kind.ts';
import { Button } from '../../components/Button.tsx';
import { Choice, SelectInput, TextInput } from '../../components/fields.tsx';
import { useConnection } from '../../store/connection/connection.ts';
import { useSignIn } from '../../store/connection/sign-in.ts';
import type { ChoiceForm } from './choice.ts';
import { ProfileList } from './ProfileList.tsx';
import { RegionInput } from './RegionInput.tsx';

const SWITCH = [
  { id: 'profile' as const, label: 'As the profile says' },
  { id: 'on' as const, label: 'On' },
  { id: 'off' as const, label: 'Off' },
];

const KINDS = (Object.keys(OFFERED_KINDS) as (keyof typeof OFFERED_KINDS)[]).map((id) => ({
  id,
  label: OFFERED_KINDS[id].name,
  detail: OFFERED_KINDS[id].detail,
}));

interface ConnectionFormProps {
  readonly form: ChoiceForm;
  readonly patch: (change: Partial<ChoiceForm>) => void;
  readonly problem: string | null;
}

/** Practice or AWS; for AWS profile, Region and endpoints. No key is ever typed here. */
export function ConnectionForm({ form, patch, problem }: ConnectionFormProps) {
  const { profiles, problems, loadProfiles } = useConnection();
  const begin = useSignIn((state) => state.begin);
  useEffect(() => void loadProfiles(), [loadProfiles]);
  const { kind, profile, region, endpoint, fips, dualStack } = form;
  const chosen = profiles?.find(({ name }) => name === (profile ?? 'default'));
  return (
    <>
      <Choice label="Connect to" value={kind} onChange={(next) => patch({ kind: next })} options={KINDS} />
      {OFFERED_KINDS[kind].settings && (
        <div className="stack">
          <ProfileList
            profiles={profiles}
            problems={problems}
            value={profile}
            onChange={(next) => patch({ profile: next })}
          />
          {chosen?.sso === true && (
            <div className="sign-in-offer">
              <span className="hint">
                This profile gets its session through SSO, shared with the AWS CLI.
              </span>
              <Button
                icon={<LogIn className="icon" aria-hidden="true" />}
                onPress={() => void begin(profile)}
              >
                Sign in
              </Button>
            </div>
          )}
          {chosen?.mfa === true && <p className="hint">You are asked for a multi-factor code once.</p>}
          <RegionInput
            value={region}
            onChange={(next) => patch({ region: next })}
            fallback={chosen?.region ?? null}
          />
          <div className="field-pair">
            <SelectInput
              label="FIPS endpoints"
              value={fips}
              options={SWITCH}
              onChange={(next) => patch({ fips: next })}
            />
            <SelectInput
              label="Dual-stack endpoints (IPv6)"
              value={dualStack}
              options={SWITCH}
              onChange={(next) => patch({ dualStack: next })}
            />
          </div>
          <TextInput
            label="Endpoint URL (optional)"
            value={endpoint}
            onChange={(next) => patch({ endpoint: next })}
            mono
            invalid={problem !== null}
            placeholder="https://vpce-….kms.eu-central-1.vpce.amazonaws.com"
            hint={problem ?? 'For VPC endpoints and KMS-compatible services.'}
          />
        </div>
      )}
    </>
  );
}
