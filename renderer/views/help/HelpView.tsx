import { documents, pictures } from 'virtual:documents';
import { useEffect, useMemo, useRef, useState } from 'react';
import { SearchInput } from '../../components/fields.tsx';
import { useUi } from '../../store/app/ui.ts';
import './help.css';
import { codeDocumentNamed, codeDocuments } from './code-pages.ts';
import { DocumentText } from './DocumentText.tsx';
import { sectionsOf, topOf } from './document.ts';

const titles = new Map(documents.map(({ name, title }) => [name, title]));

/** The documents, offline: a table of contents that can be searched, and the one that is open. */
export default function HelpView() {
  const at = useUi((state) => state.helpAt);
  const open = useUi((state) => state.help);
  const [query, setQuery] = useState('');
  const text = useRef<HTMLElement>(null);
  const document =
    documents.find(({ name }) => name === at.document) ??
    codeDocumentNamed(at.document ?? '') ??
    documents[0];
  useEffect(() => {
    const place = at.anchor === null ? null : text.current?.querySelector(`#help-${CSS.escape(at.anchor)}`);
    if (place == null) text.current?.scrollTo({ top: 0 });
    else place.scrollIntoView();
  }, [at]);
  const found = useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return null;
    return sectionsOf([...documents, ...codeDocuments()]).filter(({ title, text }) => {
      const all = `${title}\n${text}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
  }, [query]);
  if (document === undefined) return null;
  return (
    <div className="help-view">
      <nav className="help-contents" aria-label="Documents">
        <SearchInput label="Search the documents" placeholder="Search" value={query} onChange={setQuery} />
        {found === null ? (
          <ul>
            {documents.map(({ name, title }) => (
              <li key={name}>
                <button
                  type="button"
                  aria-current={name === topOf(document.name) ? 'page' : undefined}
                  onClick={() => open(name)}
                >
                  {title}
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <ul aria-label="Sections found">
            {found.map((section) => (
              <li key={`${section.document.name}#${section.anchor}`}>
                <button
                  type="button"
                  aria-current={
                    section.document.name === at.document && section.anchor === at.anchor ? 'page' : undefined
                  }
                  onClick={() => open(section.document.name, section.anchor)}
                >
                  {section.title}
                  <span className="help-from">{titles.get(topOf(section.document.name))}</span>
                </button>
              </li>
            ))}
            {found.length === 0 && <li className="help-none">Nothing found for “{query}”.</li>}
          </ul>
        )}
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard */}
      <section className="help-page" ref={text} tabIndex={0} aria-label={document.title}>
        <DocumentText document={document} pictures={pictures} open={open} />
      </section>
    </div>
  );
}
