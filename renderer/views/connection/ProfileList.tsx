import { Label, ListBox, ListBoxItem, Text } from 'react-aria-components';
import type { ProfileInfo } from '#shared/model/connection.ts';
import { Skeleton, useLongWait } from '../../components/Progress.tsx';

const DEFAULT_CHAIN = '(default chain)';

interface ProfileListProps {
  readonly profiles: readonly ProfileInfo[] | null;
  readonly problems: readonly string[];
  readonly value: string | null;
  readonly onChange: (profile: string | null) => void;
}

/** Profiles of the shared AWS config with how each gets its credentials. Null stands for the default chain. */
export function ProfileList({ profiles, problems, value, onChange }: ProfileListProps) {
  const waiting = useLongWait(profiles === null);
  return (
    <div className="field">
      <Label className="label" id="profile-label">
        Profile
      </Label>
      {profiles === null ? (
        waiting && <Skeleton label="Loading profiles" lines={3} />
      ) : (
        <ListBox
          aria-labelledby="profile-label"
          className="listbox listbox-framed"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[value ?? DEFAULT_CHAIN]}
          onSelectionChange={(keys) => {
            const [key] = keys === 'all' ? [] : [...keys];
            onChange(key === DEFAULT_CHAIN || key === undefined ? null : String(key));
          }}
        >
          <ListBoxItem id={DEFAULT_CHAIN} textValue="Default chain" className="option option-columns">
            <Text slot="label">Default chain</Text>
            <Text slot="description" className="option-detail">
              Environment, default profile, instance role
            </Text>
          </ListBoxItem>
          {profiles.map(({ name, method, region }) => (
            <ListBoxItem key={name} id={name} textValue={name} className="option option-columns">
              <Text slot="label">{name}</Text>
              <Text slot="description" className="option-detail">
                {method}
                {region !== null && ` · ${region}`}
              </Text>
            </ListBoxItem>
          ))}
        </ListBox>
      )}
      {problems.map((problem) => (
        <p key={problem} className="hint attention-text">
          {problem}
        </p>
      ))}
    </div>
  );
}
