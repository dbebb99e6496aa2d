interface PickedText {
  readonly name: string;
  readonly text: string;
}

/**
 * Opens the file dialog of the browser or of the desktop, and gives the texts of the files that were chosen: this page gets
 * no path, and names none. `accept`: endings, such as `.yaml,.json`.
 */
export function pickTexts(accept: string, taken: (files: readonly PickedText[]) => void, many = true): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.multiple = many;
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    if (files.length === 0) return;
    void Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() }))).then(taken);
  });
  input.click();
}
