import { ChevronDown } from 'lucide-react';
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components';

/** Regions offered; any other can be typed (new ones open every year). */
const REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'af-south-1',
  'ap-east-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-gov-east-1',
  'us-gov-west-1',
  'cn-north-1',
  'cn-northwest-1',
].map((id) => ({ id }));

interface RegionInputProps {
  readonly value: string;
  readonly onChange: (region: string) => void;
  /** The profile's own Region, used when the field is empty. */
  readonly fallback: string | null;
}

export function RegionInput({ value, onChange, fallback }: RegionInputProps) {
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      menuTrigger="input"
      defaultItems={REGIONS}
      inputValue={value}
      onInputChange={onChange}
    >
      <Label className="label">Region</Label>
      <div className="combo">
        <Input
          className="input"
          placeholder={fallback === null ? 'From the environment' : `${fallback}, from the profile`}
          spellCheck={false}
        />
        <Button className="combo-button" aria-label="Show Regions">
          <ChevronDown className="icon" aria-hidden="true" />
        </Button>
      </div>
      <Text slot="description" className="hint">
        KMS keys live in one Region. Empty means the one of the profile.
      </Text>
      <Popover className="popover" offset={2}>
        <ListBox className="listbox">
          {({ id }: { id: string }) => (
            <ListBoxItem id={id} textValue={id} className="option">
              {id}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
