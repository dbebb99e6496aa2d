import { Download } from 'lucide-react';
import { useState } from 'react';
import { Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { ReportFormat, ReportSubject } from '#shared/model/audit.ts';
import { Button } from '../../components/Button.tsx';
import { useAudit, useReading } from '../../store/audit/audit.ts';
import { useConnection } from '../../store/connection/connection.ts';

const FORMATS: readonly { readonly id: ReportFormat; readonly name: string; readonly detail: string }[] = [
  { id: 'html', name: 'HTML', detail: 'to read and print' },
  { id: 'pdf', name: 'PDF', detail: 'to hand over' },
  { id: 'csv', name: 'CSV', detail: 'a line for each blob' },
  { id: 'json', name: 'JSON', detail: 'everything, for programs' },
  { id: 'sarif', name: 'SARIF', detail: 'findings, for code scanning' },
  { id: 'cyclonedx', name: 'CycloneDX', detail: 'keys and ciphertext, for inventories' },
];

/** Hands out a report in a form that is chosen from a menu. */
export function ExportReport({ subject, what }: { readonly subject: ReportSubject; readonly what: string }) {
  const isReading = useReading();
  // A report of half a list would be taken for one of the whole.
  const waits = isReading && subject.of !== 'run' && subject.of !== 'history';
  const exportReport = useAudit((state) => state.exportReport);
  const desktop = useConnection((state) => state.app?.host === 'desktop');
  const [busy, setBusy] = useState(false);
  const offered = FORMATS.filter(({ id }) => {
    if (id === 'pdf') return desktop;
    if (id === 'cyclonedx') return subject.of === 'audit';
    return id !== 'sarif' || subject.of !== 'history';
  });
  const reason = waits ? 'A report waits until reading ends.' : busy ? 'The report is being written.' : null;
  const go = async (format: ReportFormat): Promise<void> => {
    setBusy(true);
    await exportReport(subject, format);
    setBusy(false);
  };
  const [open, setOpen] = useState(false);
  if (open && reason !== null) setOpen(false);
  // The same button all the time: it has the focus while a report is written.
  return (
    <MenuTrigger isOpen={open && reason === null} onOpenChange={(to) => setOpen(to && reason === null)}>
      <Button
        icon={<Download className="icon" aria-hidden="true" />}
        aria-label={`Export the ${what}`}
        reason={reason}
      >
        {waits ? 'Export waits' : 'Export'}
      </Button>
      <Popover className="popover" placement="bottom end" offset={2}>
        <Menu
          className="listbox"
          onAction={(key) => {
            if (key === 'print') window.print();
            const format = FORMATS.find(({ id }) => id === key)?.id;
            if (format !== undefined) void go(format);
          }}
        >
          {offered.map(({ id, name, detail }) => (
            <MenuItem key={id} id={id} textValue={name} className="option option-columns">
              <span>{name}</span>
              <span className="option-detail">{detail}</span>
            </MenuItem>
          ))}
          {!desktop && (
            <MenuItem id="print" textValue="Print" className="option option-columns">
              <span>Print</span>
              <span className="option-detail">this page</span>
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
