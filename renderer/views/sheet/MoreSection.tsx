import { ChevronRight } from 'lucide-react';
import {
  Button as AriaButton,
  Disclosure,
  DisclosurePanel,
  Label,
  Text,
  TextArea,
  TextField,
} from 'react-aria-components';
import { Switch } from '../../components/fields.tsx';
import { useDraft } from '../../store/draft.ts';

/** What few need. */
export function MoreSection() {
  const { draft, patch } = useDraft();
  return (
    <Disclosure className="disclosure sheet-more">
      <div className="disclosure-heading">
        <AriaButton slot="trigger" className="button button-link">
          <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
          More
        </AriaButton>
      </div>
      <DisclosurePanel className="disclosure-panel sheet-switches">
        <Switch isSelected={!draft.evenIfThere} onChange={(skip) => patch({ evenIfThere: !skip })}>
          Skip blobs that KMS has shown to be as asked already
        </Switch>
        <Switch isSelected={!draft.takeGood} onChange={(hold) => patch({ takeGood: !hold })}>
          When a blob fails, leave its whole file as it was
        </Switch>
        <TextField
          className="field"
          value={draft.grantTokens}
          onChange={(grantTokens) => patch({ grantTokens })}
        >
          <Label className="label">Grant tokens</Label>
          <TextArea className="input textarea mono" rows={2} spellCheck={false} />
          <Text slot="description" className="hint">
            Needed for grants made in the last few minutes. One per line, up to 10.
          </Text>
        </TextField>
      </DisclosurePanel>
    </Disclosure>
  );
}
