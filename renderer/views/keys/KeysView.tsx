import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useConnection } from '../../store/connection/connection.ts';
import { AccountKeys } from './AccountKeys.tsx';
import { Materials } from './Materials.tsx';

/** Keys as KMS lists them, on either connection, and key materials as the blobs show them. */
export function KeysView() {
  const separate = useConnection((state) => state.destination !== null);
  return (
    <section className="view keys-view" aria-label="Keys">
      <h1 className="visually-hidden">Keys</h1>
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label="Keys">
          <Tab id="account" className="tab">
            Keys in KMS
          </Tab>
          {separate && (
            <Tab id="destination" className="tab">
              Keys of the destination
            </Tab>
          )}
          <Tab id="materials" className="tab">
            Key materials
          </Tab>
        </TabList>
        <TabPanel id="account" className="tab-panel">
          <AccountKeys side="source" />
        </TabPanel>
        {separate && (
          <TabPanel id="destination" className="tab-panel">
            <AccountKeys side="destination" />
          </TabPanel>
        )}
        <TabPanel id="materials" className="tab-panel">
          <Materials />
        </TabPanel>
      </Tabs>
    </section>
  );
}
