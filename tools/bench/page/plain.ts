/**
 * The measure of comparison, run inside a page: the same rows in the plainest virtual list that can be written
 * by hand. No framework, no roles, no focus, no inspector; rows of text placed absolutely, filtered with `includes`,
 * sorted with `sort`, ticks in a Set.
 */
export async function plainList(): Promise<void> {
  const HEIGHT = 28;
  const api = (window as unknown as { rewrap: { blobs: { list(page: object): Promise<unknown> } } }).rewrap;
  interface Row {
    id: string;
    file: string;
    place: string;
    sha256: string;
    encoding: string;
    sizeBytes: number;
    worst: string | null;
    identification: { label: string; keyFingerprint: string | null };
  }
  type Reply = { value: { total: number; rows: Row[] } };
  const rows: Row[] = [];
  for (;;) {
    const reply = await api.blobs.list({ offset: rows.length, limit: 5000 });
    if (!(reply as { ok: boolean }).ok) throw new Error(JSON.stringify(reply));
    const { value } = reply as Reply;
    rows.push(...value.rows);
    if (value.rows.length === 0 || rows.length >= value.total) break;
  }
  const texts = new Map(
    rows.map((row) => [
      row,
      `${row.file} ${row.place} ${row.identification.label} ${row.identification.keyFingerprint} ${row.sha256}`.toLowerCase(),
    ]),
  );
  const make = (tag: string, parent: Element, className: string): HTMLElement => {
    const made = document.createElement(tag);
    made.className = className;
    parent.append(made);
    return made;
  };
  document.body.replaceChildren();
  const bar = make('div', document.body, 'plain-bar');
  const input = make('input', bar, 'plain-filter') as HTMLInputElement;
  const sortButton = make('button', bar, 'plain-sort');
  const groupButton = make('button', bar, 'plain-group');
  const allButton = make('button', bar, 'plain-all');
  for (const button of [sortButton, groupButton, allButton]) button.textContent = button.className;
  const status = make('span', bar, 'plain-status');
  const scroller = make('div', document.body, 'plain-scroller');
  scroller.style.cssText = 'height:700px;overflow:auto;position:relative';
  const body = make('div', scroller, 'plain-body');
  let shown: Row[] = rows;
  let lines: (Row | string)[] = rows;
  let selected = new Set<string>();
  let grouped = false;
  let descending = false;
  const draw = (): void => {
    const first = Math.max(0, Math.floor(scroller.scrollTop / HEIGHT) - 8);
    const last = Math.min(lines.length, first + Math.ceil(scroller.clientHeight / HEIGHT) + 16);
    const drawn: Element[] = [];
    for (let i = first; i < last; i += 1) {
      const line = lines[i];
      if (line === undefined) continue;
      const element = document.createElement('div');
      element.className = 'plain-row';
      element.style.cssText = `position:absolute;top:${i * HEIGHT}px;height:${HEIGHT}px;white-space:nowrap`;
      const cells =
        typeof line === 'string'
          ? [line]
          : [
              selected.has(line.id) ? 'x' : '-',
              line.file,
              line.place,
              line.identification.label,
              line.identification.keyFingerprint?.slice(0, 8) ?? '',
              line.encoding,
              String(line.sizeBytes),
              line.worst ?? '',
            ];
      for (const text of cells) make('span', element, 'plain-cell').textContent = `${text} `;
      drawn.push(element);
    }
    body.replaceChildren(...drawn);
    status.textContent = `${shown.length} shown, ${selected.size} selected`;
  };
  const arrange = (): void => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = rows.filter((row) => words.every((word) => texts.get(row)?.includes(word)));
    if (descending) shown = shown.toSorted((a, b) => (a.file < b.file ? 1 : a.file > b.file ? -1 : 0));
    if (grouped) {
      lines = [];
      for (const [key, members] of Map.groupBy(shown, (row) => row.identification.keyFingerprint ?? ''))
        lines.push(`group ${key}`, ...members);
    } else lines = shown;
    body.style.height = `${lines.length * HEIGHT}px`;
    draw();
  };
  input.addEventListener('input', arrange);
  sortButton.addEventListener('click', () => {
    descending = !descending;
    arrange();
  });
  groupButton.addEventListener('click', () => {
    grouped = !grouped;
    arrange();
  });
  allButton.addEventListener('click', () => {
    selected = selected.size === 0 ? new Set(shown.map((row) => row.id)) : new Set();
    draw();
  });
  scroller.addEventListener('scroll', draw);
  arrange();
}
