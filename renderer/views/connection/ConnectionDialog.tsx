import { useEffect, useState } from 'react';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { FaultCard } from '../../components/FaultCard.tsx';
import { Choice, TextInput } from '../../components/fields.tsx';
import { useLongWait } from '../../components/Progress.tsx';
import { useConnection } from '../../store/connection.ts';
import { useUi } from '../../store/ui.ts';
import { ProfileList } from './ProfileList.tsx';
import { RegionInput } from './RegionInput.tsx';

/** Chooses what this window works against: the practice KMS, or AWS by profile and Region. */
export function ConnectionDialog() {
  const open = useUi((state) => state.dialog === 'connection');
  const show = useUi((state) => state.open);
  if (!open) return null;
  return <Inner close={() => show(null)} />;
}

function Inner({ close }: { readonly close: () => void }) {
  const { connection, profiles, problems, loadProfiles, use } = useConnection();
  const current = connection?.choice;
  const aws = current?.kind === 'aws' ? current : null;
  const [kind, setKind] = useState<'practice' | 'aws'>(current?.kind ?? 'practice');
  const [profile, setProfile] = useState<string | null>(aws?.profile ?? null);
  const [region, setRegion] = useState(aws?.region ?? '');
  const [endpoint, setEndpoint] = useState(aws?.endpointUrl ?? '');
  const [tried, setTried] = useState(false);
  const connecting = connection?.status === 'connecting';
  const slow = useLongWait(connecting);
  useEffect(() => void loadProfiles(), [loadProfiles]);

  const url = endpoint.trim();
  const badUrl = url !== '' && !URL.canParse(url);
  const profileRegion = profiles?.find(({ name }) => name === profile)?.region ?? null;
  const connect = async (): Promise<void> => {
    setTried(true);
    const choice: ConnectionChoice =
      kind === 'practice'
        ? { kind }
        : {
            kind,
            profile,
            region: region.trim() === '' ? null : region.trim(),
            endpointUrl: url === '' ? null : url,
          };
    const state = await use(choice);
    if (state?.status === 'ready') close();
  };
  const failed =
    connection?.status === 'failed' &&
    connection.fault !== null &&
    (tried || connection.choice.kind === kind);
  return (
    <Dialog
      title="Connection"
      open
      onClose={close}
      footer={
        <>
          {slow && (
            <span className="hint foot-note" role="status">
              Connecting
            </span>
          )}
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            isDisabled={connecting || (kind === 'aws' && badUrl)}
            onPress={() => void connect()}
          >
            {kind === 'practice' ? 'Connect to practice' : 'Connect to AWS'}
          </Button>
        </>
      }
    >
      <Choice
        label="Work against"
        value={kind}
        onChange={setKind}
        options={[
          {
            id: 'practice',
            label: 'Practice KMS',
            detail: 'A KMS on this machine with example keys. Nothing reaches AWS.',
          },
          { id: 'aws', label: 'AWS', detail: 'Real keys, as the identity of a profile on this machine.' },
        ]}
      />
      {kind === 'aws' && (
        <div className="stack">
          <ProfileList profiles={profiles} problems={problems} value={profile} onChange={setProfile} />
          <RegionInput value={region} onChange={setRegion} fallback={profileRegion} />
          <TextInput
            label="Endpoint URL (optional)"
            value={endpoint}
            onChange={setEndpoint}
            mono
            invalid={badUrl}
            placeholder="https://vpce-….kms.eu-central-1.vpce.amazonaws.com"
            hint={badUrl ? 'This is no URL.' : 'For VPC endpoints, FIPS, and KMS-compatible services.'}
          />
        </div>
      )}
      {failed && connection.fault !== null && <FaultCard fault={connection.fault} />}
    </Dialog>
  );
}
