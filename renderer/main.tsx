import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { allowNoMarkup } from './lib/platform.ts';
import { wire } from './store/subscriptions.ts';
import './styles/index.ts';

// The bridge (`window.rewrap`) stands before this runs.
allowNoMarkup();
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root');
// The host answers while the first picture is made.
wire();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
