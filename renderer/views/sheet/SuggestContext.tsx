import { Lightbulb } from 'lucide-react';
import {
  Button as AriaButton,
  Collection,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Text,
} from 'react-aria-components';
import type { Suggestion } from '../../lib/suggest.ts';

interface SuggestContextProps {
  readonly label: string;
  readonly suggestions: readonly Suggestion[];
  readonly onPick: (suggestion: Suggestion) => void;
}

/** Contexts that services are known to use, those that fit the selection first. Nothing is filled in unasked. */
export function SuggestContext({ label, suggestions, onPick }: SuggestContextProps) {
  const sections = [
    { id: 'fits', title: 'May fit these blobs', list: suggestions.filter(({ fits }) => fits) },
    { id: 'other', title: 'Used elsewhere in AWS', list: suggestions.filter(({ fits }) => !fits) },
  ].filter(({ list }) => list.length > 0);
  return (
    <MenuTrigger>
      <AriaButton className="button button-link" aria-label={`Suggest pairs for ${label}`}>
        <Lightbulb className="icon" aria-hidden="true" />
        <span className="button-label">Suggest</span>
      </AriaButton>
      <Popover className="popover popover-suggest" offset={2}>
        <Menu
          className="listbox"
          aria-label="Known encryption contexts"
          items={sections}
          onAction={(id) => {
            const picked = suggestions.find((each) => each.id === id);
            if (picked !== undefined) onPick(picked);
          }}
        >
          {(section) => (
            <MenuSection id={section.id}>
              <Header className="listbox-header">{section.title}</Header>
              <Collection items={section.list}>
                {(each) => (
                  <MenuItem id={each.id} textValue={each.label} className="option">
                    <Text slot="label" className="mono">
                      {each.label}
                    </Text>
                    <Text slot="description" className="option-detail">
                      {each.detail}
                    </Text>
                  </MenuItem>
                )}
              </Collection>
            </MenuSection>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
