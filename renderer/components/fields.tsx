import { Check, ChevronDown, Minus, Search, X } from 'lucide-react';
import { type ReactNode, type Ref, useRef, useState } from 'react';
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  Select as AriaSelect,
  Switch as AriaSwitch,
  type CheckboxProps,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  SearchField,
  SelectValue,
  type SwitchProps,
  Text,
  TextField,
} from 'react-aria-components';
import { afterFrame } from '../lib/after-frame.ts';

interface TextInputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: ReactNode;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly invalid?: boolean;
  readonly hideLabel?: boolean;
  readonly autoFocus?: boolean;
  /** Digits alone: phones show their keypad. */
  readonly numeric?: boolean;
  readonly onEnter?: () => void;
}

export function TextInput(props: TextInputProps) {
  const {
    label,
    value,
    onChange,
    hint,
    placeholder,
    mono = false,
    invalid = false,
    hideLabel = false,
    autoFocus = false,
    numeric = false,
    onEnter,
  } = props;
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={invalid}
      autoFocus={autoFocus}
      {...(numeric ? { inputMode: 'numeric' as const } : {})}
      {...(hideLabel ? { 'aria-label': label } : {})}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onEnter?.();
      }}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      <Input
        className={mono ? 'input mono' : 'input'}
        placeholder={placeholder ?? ''}
        spellCheck={false}
        autoComplete="off"
      />
      {hint !== undefined && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
    </TextField>
  );
}

interface SearchInputProps {
  readonly label: string;
  readonly value?: string;
  readonly onChange?: (value: string) => void;
  readonly placeholder?: string;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly autoFocus?: boolean;
  readonly onEnter?: () => void;
}

export function SearchInput({
  label,
  value,
  onChange,
  placeholder,
  inputRef,
  autoFocus = false,
  onEnter,
}: SearchInputProps) {
  return (
    <SearchField
      className="search"
      aria-label={label}
      autoFocus={autoFocus}
      {...(value !== undefined ? { value } : {})}
      {...(onChange !== undefined ? { onChange } : {})}
      {...(onEnter !== undefined ? { onSubmit: onEnter } : {})}
    >
      <Search className="icon search-icon" aria-hidden="true" />
      <Input
        className="input"
        placeholder={placeholder ?? label}
        spellCheck={false}
        autoComplete="off"
        {...(inputRef !== undefined ? { ref: inputRef } : {})}
      />
      <AriaButton className="search-clear" aria-label="Clear">
        <X className="icon" aria-hidden="true" />
      </AriaButton>
    </SearchField>
  );
}

interface Option<T extends string> {
  readonly id: T;
  readonly label: string;
  readonly detail?: string;
}

interface SelectInputProps<T extends string> {
  readonly label: string;
  readonly value: T | null;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  readonly inline?: boolean;
  readonly placeholder?: string;
}

export function SelectInput<T extends string>(props: SelectInputProps<T>) {
  const { label, value, options, onChange, inline = false, placeholder = 'Choose' } = props;
  const [open, setOpen] = useState(false);
  const chosen = useRef(false);
  return (
    <AriaSelect
      isOpen={open}
      onOpenChange={(next) => {
        // What was chosen shows first. A list that closes has the whole page styled anew: that is for the frame after.
        if (!next && chosen.current) afterFrame(() => setOpen(false));
        else setOpen(next);
        chosen.current = false;
      }}
      className={inline ? 'field field-inline' : 'field'}
      value={value}
      placeholder={placeholder}
      onChange={(key) => {
        const option = options.find((each) => each.id === key);
        if (option === undefined) return;
        chosen.current = true;
        onChange(option.id);
      }}
    >
      <Label className="label">{label}</Label>
      <AriaButton className="select">
        <SelectValue className="select-value" />
        <ChevronDown className="icon" aria-hidden="true" />
      </AriaButton>
      <Popover className="popover" offset={2}>
        <ListBox className="listbox" items={options}>
          {(option) => (
            <ListBoxItem
              id={option.id}
              textValue={option.label}
              className={inline ? 'option option-columns' : 'option'}
            >
              <Text slot="label">{option.label}</Text>
              {option.detail !== undefined && (
                <Text slot="description" className="option-detail">
                  {option.detail}
                </Text>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function Checkbox({
  children,
  ...props
}: Omit<CheckboxProps, 'className' | 'children'> & { children?: ReactNode }) {
  return (
    <AriaCheckbox {...props} className="checkbox">
      {({ isSelected, isIndeterminate }) => (
        <>
          <span className="checkbox-box" aria-hidden="true">
            {isIndeterminate ? <Minus /> : isSelected ? <Check /> : null}
          </span>
          {children}
        </>
      )}
    </AriaCheckbox>
  );
}

export function Switch({
  children,
  ...props
}: Omit<SwitchProps, 'className' | 'children'> & { children: ReactNode }) {
  return (
    <AriaSwitch {...props} className="switch">
      <span className="switch-track" aria-hidden="true">
        <span className="switch-thumb" />
      </span>
      <span>{children}</span>
    </AriaSwitch>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T | null;
  readonly onChange: (value: T) => void;
  readonly options: readonly { id: T; label: ReactNode; detail?: ReactNode; refused?: string | null }[];
  /** Side by side, for short words. */
  readonly row?: boolean;
  readonly hideLabel?: boolean;
}

/** One of a few, as radio buttons with a line of explanation each. */
export function Choice<T extends string>({
  label,
  value,
  onChange,
  options,
  row = false,
  hideLabel = false,
}: ChoiceProps<T>) {
  return (
    <RadioGroup
      className={row ? 'choice choice-row' : 'choice'}
      value={value}
      {...(hideLabel ? { 'aria-label': label } : {})}
      onChange={(id) => {
        const option = options.find((each) => each.id === id);
        if (option !== undefined) onChange(option.id);
      }}
    >
      {!hideLabel && <Label className="label">{label}</Label>}
      {options.map(({ id, label: text, detail, refused }) => (
        <Radio key={id} value={id} className="radio" isDisabled={refused !== undefined && refused !== null}>
          <span className="radio-dot" aria-hidden="true" />
          <span className="radio-text">
            <span>{text}</span>
            {(refused ?? detail) !== undefined && <span className="hint">{refused ?? detail}</span>}
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}
