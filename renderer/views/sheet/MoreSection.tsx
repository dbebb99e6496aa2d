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
import { useDraft } from '../../store/draft.ts';

/** What few need: grant tokens. */
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
      <DisclosurePanel className="disclosure-panel">
        <TextField
          className="field"
          value={draft.grantTokens}
          onChange={(grantTokens) => patch({ grantTokens })}
        >
          <Label className="label">Grant tokens</Label>
          <TextArea className="input textarea mono" rows={2} spellCheck={false} />
          <Text slot="description" className="hint">
            For a grant so new that KMS does not everywhere know it. One on each line, at most 10.
          </Text>
        </TextField>
      </DisclosurePanel>
    </Disclosure>
  );
}
