import { ChevronRight, Copy } from 'lucide-react';
import { Button as AriaButton, Disclosure, DisclosurePanel } from 'react-aria-components';
import type { PolicyAdvice } from '#shared/model/fault.ts';
import { copyText } from '../store/app/ui.ts';
import { Button } from './Button.tsx';

/** The policy statements that would allow what was refused, each to be read and copied. */
export function PolicyStatements({ policies }: { readonly policies: readonly PolicyAdvice[] }) {
  return (
    <ul className="policies" aria-label="Policy statements that would allow it">
      {policies.map(({ title, statement }) => (
        <li key={title + statement}>
          <Disclosure className="disclosure policy">
            <div className="disclosure-heading">
              <AriaButton slot="trigger" className="button button-link">
                <ChevronRight className="icon disclosure-chevron" aria-hidden="true" />
                {title}
              </AriaButton>
            </div>
            <Button
              icon={<Copy className="icon" aria-hidden="true" />}
              aria-label={`Copy statement. ${title}`}
              onPress={() => void copyText(statement, 'the policy statement')}
            >
              Copy statement
            </Button>
            <DisclosurePanel className="disclosure-panel policy-text">
              <pre>{statement}</pre>
            </DisclosurePanel>
          </Disclosure>
        </li>
      ))}
    </ul>
  );
}

/** Words in which `commands` stand between back-ticks: those are set as code. For text of Rewrap's own. */
export function CodeWords({ text }: { readonly text: string }) {
  return text
    .split(/`([^`]+)`/)
    .map((part, i) => ({ part, at: `${i} ${part}`, code: i % 2 === 1 }))
    .map(({ part, at, code }) => (code ? <code key={at}>{part}</code> : part));
}
