import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { AccountKeys } from './AccountKeys.tsx';
import { Materials } from './Materials.tsx';

/** Keys as KMS lists them, and key materials as the blobs show them. */
export function KeysView() {
  return (
    <section className="view keys-view" aria-label="Keys">
      <h1 className="visually-hidden">Keys</h1>
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="Keys">
          <Tab id="account" className="tab">
            Keys in KMS
          </Tab>
          <Tab id="materials" className="tab">
            Key materials
          </Tab>
        </TabList>
        <TabPanel id="account" className="tab-panel">
          <AccountKeys />
        </TabPanel>
        <TabPanel id="materials" className="tab-panel">
          <Materials />
        </TabPanel>
      </Tabs>
    </section>
  );
}
