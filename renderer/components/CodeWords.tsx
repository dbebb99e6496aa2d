/** Words in which `commands` stand between back-ticks: those are set as code. For text of Rewrap's own. */
export function CodeWords({ text }: { readonly text: string }) {
  return text
    .split(/`([^`]+)`/)
    .map((part, i) => ({ part, at: `${i} ${part}`, code: i % 2 === 1 }))
    .map(({ part, at, code }) => (code ? <code key={at}>{part}</code> : part));
}
