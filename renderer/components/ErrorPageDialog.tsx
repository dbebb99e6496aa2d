import { BookOpen, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ErrorPage } from '#shared/kms/explain/pages.ts';
import type { Fault } from '#shared/model/fault.ts';
import { copyText } from '../store/app/ui.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { CodeWords, PolicyStatements } from './PolicyStatements.tsx';

/** Opens the page of a fault's code: what it means in general, who refuses, what to do. */
export function ExplainFault({ fault }: { readonly fault: Fault }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        variant="link"
        icon={<BookOpen className="icon" aria-hidden="true" />}
        aria-label={`Explain ${fault.code}`}
        onPress={() => setOpen(true)}
      >
        Explain
      </Button>
      {open && <ErrorPageDialog fault={fault} onClose={() => setOpen(false)} />}
    </>
  );
}

interface PageProps {
  readonly fault: Fault;
  readonly onClose: () => void;
}

function ErrorPageDialog({ fault, onClose }: PageProps) {
  const page = usePage(fault.code);
  return (
    <Dialog
      title={fault.code}
      open
      onClose={onClose}
      footer={
        <>
          <Button
            icon={<Copy className="icon" aria-hidden="true" />}
            onPress={() => void copyText(asText(fault, page), 'this page')}
          >
            Copy
          </Button>
          <Button onPress={onClose}>Close</Button>
        </>
      }
    >
      <div className="error-page">
        {page === null ? (
          <p>
            Rewrap has no page for this error: it comes from the service itself. Look up its name in the
            documentation of the service.
          </p>
        ) : (
          page !== undefined && <PageBody page={page} />
        )}
        <section aria-label="This case">
          <h3>This case</h3>
          <p>{fault.message}</p>
          {fault.detail !== '' && <p>{fault.detail}</p>}
          {fault.raw !== null && (
            <p className="error-page-said">
              {fault.raw.by ?? 'The service'} said: {fault.raw.name}
              {fault.raw.message === '' ? '' : `: ${fault.raw.message}`}
              {fault.raw.requestId === null ? '' : ` (request ${fault.raw.requestId})`}
            </p>
          )}
        </section>
      </div>
    </Dialog>
  );
}

function PageBody({ page }: { readonly page: ErrorPage }) {
  const { kind, what, who, causes, remedy, run, copy } = page;
  return (
    <>
      <dl className="error-page-facts">
        <dt>What happened</dt>
        <dd>{what}</dd>
        <dt>Who refuses</dt>
        <dd>{who}</dd>
        {causes.length > 0 && (
          <>
            <dt>{kind === 'finding' ? 'What it means' : 'Likely causes'}</dt>
            <dd>
              <ol>
                {causes.map((cause) => (
                  <li key={cause}>{cause}</li>
                ))}
              </ol>
            </dd>
          </>
        )}
        <dt>What to do</dt>
        <dd>
          <CodeWords text={remedy} />
        </dd>
        {run !== '' && (
          <>
            <dt>Trying again</dt>
            <dd>{run}</dd>
          </>
        )}
      </dl>
      {copy.length > 0 && (
        <section aria-label="To copy">
          <h3>To copy</h3>
          <PolicyStatements policies={copy} />
        </section>
      )}
    </>
  );
}

/** The pages are loaded when the first is opened. Undefined: not there yet; null: this code has none. */
function usePage(code: string): ErrorPage | null | undefined {
  const [page, setPage] = useState<ErrorPage | null | undefined>(undefined);
  useEffect(() => {
    let shown = true;
    void import('#shared/kms/explain/pages.ts').then(({ pageOf }) => {
      if (shown) setPage(pageOf(code));
    });
    return () => {
      shown = false;
    };
  }, [code]);
  return page;
}

function asText(fault: Fault, page: ErrorPage | null | undefined): string {
  const lines = [fault.code, fault.message, fault.detail, fault.remedy];
  if (page) lines.push(`${page.what} Who refuses: ${page.who}.`, ...page.causes, page.remedy);
  if (fault.raw !== null)
    lines.push(
      `${fault.raw.by ?? 'The service'} said: ${fault.raw.name}: ${fault.raw.message} (request ${fault.raw.requestId ?? 'none'})`,
    );
  for (const { title, statement } of [...(fault.policies ?? []), ...(page?.copy ?? [])])
    lines.push(`${title}:\n${statement}`);
  return lines.filter((line) => line !== '').join('\n');
}
