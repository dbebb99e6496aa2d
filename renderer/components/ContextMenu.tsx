import { useRef } from 'react';
import { Menu, MenuItem, Popover } from 'react-aria-components';
import { useMenu } from '../store/app/menu.ts';

/** The context menu of a row, where it was asked for. */
export function ContextMenu() {
  const menu = useMenu((state) => state.menu);
  const close = useMenu((state) => state.close);
  const anchor = useRef<HTMLSpanElement>(null);
  return (
    <>
      <span
        ref={anchor}
        className="menu-anchor"
        aria-hidden="true"
        style={menu === null ? undefined : { insetInlineStart: menu.x, top: menu.y }}
      />
      <Popover
        key={menu === null ? 'none' : `${menu.x} ${menu.y}`}
        className="popover"
        aria-label={menu?.label ?? 'Menu'}
        triggerRef={anchor}
        placement="bottom start"
        offset={2}
        isOpen={menu !== null}
        onOpenChange={(open) => {
          if (!open) close();
        }}
      >
        {menu !== null && (
          <Menu
            className="listbox"
            aria-label={menu.label}
            autoFocus="first"
            onClose={close}
            onAction={(id) => {
              close();
              menu.entries.find((entry) => entry.id === id)?.run();
            }}
          >
            {menu.entries.map(({ id, title, apart }) => (
              <MenuItem
                key={id}
                id={id}
                className={apart === true ? 'option option-apart' : 'option'}
                textValue={title}
              >
                {title}
              </MenuItem>
            ))}
          </Menu>
        )}
      </Popover>
    </>
  );
}
