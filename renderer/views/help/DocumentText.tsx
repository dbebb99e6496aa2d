import { createElement, type ReactNode } from 'react';
import { type DocumentNode, type HelpDocument, linkTarget } from './document.ts';

interface Props {
  readonly document: HelpDocument;
  readonly pictures: Readonly<Record<string, string>>;
  readonly open: (document: string, anchor: string | null) => void;
}

/** One document. Its links lead within the documents; what is outside stands as text, since the page opens nothing. */
export function DocumentText({ document, pictures, open }: Props) {
  const draw = (node: DocumentNode, key: number): ReactNode => {
    if (typeof node === 'string') return node;
    const { element, to = '', id, text = '' } = node;
    const inside = node.children.map(draw);
    if (element === 'img') {
      const source = pictures[to];
      return source === undefined ? null : <img key={key} src={source} alt={text} />;
    }
    if (element === 'a') {
      const target = linkTarget(to, document.name);
      return target === null ? (
        <span key={key} className="help-outside" title={to}>
          {inside}
        </span>
      ) : (
        <button
          key={key}
          type="button"
          className="help-link"
          onClick={() => open(target.document, target.anchor)}
        >
          {inside}
        </button>
      );
    }
    if (element === 'pre')
      return (
        // A long line scrolls, so the keyboard must reach it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard
        <pre key={key} tabIndex={0}>
          {inside}
        </pre>
      );
    if (element === 'table')
      return (
        <div key={key} className="help-table">
          <table>{inside}</table>
        </div>
      );
    return createElement(element, { key, id: id === undefined ? undefined : `help-${id}` }, ...inside);
  };
  return <article className="help-text">{document.nodes.map(draw)}</article>;
}
