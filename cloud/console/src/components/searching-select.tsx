import { type ComboboxItem, type OptionsFilter, Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Choice, Choices } from '../api/choices.ts';

const typingMilliseconds = 250;

const without =
  (hidden: Choice | undefined): OptionsFilter =>
  ({ options }) => {
    const isShown = ({ value }: ComboboxItem) => value !== hidden?.value;
    return options
      .map((option) => ('group' in option ? { ...option, items: option.items.filter(isShown) } : option))
      .filter((option) => ('group' in option ? option.items.length > 0 : isShown(option)));
  };

interface Props extends Omit<SelectProps, 'data' | 'filter' | 'searchable' | 'onChange' | 'value'> {
  choices: Choices;
  value: string | null;
  onChange: (value: string | null) => void;
  /** A few that are known here, above those that are found. */
  known?: Choice[];
  /** One that is not offered: a record is no part of itself. */
  except?: string;
  /** What stands over those that are known, and over those that are found. */
  groups?: readonly [string, string];
}

/** Chooses one of very many: the server looks for what is typed, and the chosen one is always shown by its name. */
export function SearchingSelect({
  choices,
  value,
  known: here = [],
  groups,
  except,
  onChange,
  ...field
}: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text, typingMilliseconds);
  const isHere = here.some((choice) => choice.value === value);
  const one = useQuery({
    queryKey: [...choices.key, 'one', value],
    queryFn: () => choices.one(value ?? ''),
    enabled: value !== null && !isHere,
  });
  const [picked, setPicked] = useState<Choice>();
  const chosen = [picked, ...here, one.data].find((choice) => choice?.value === value);
  // What the field shows of the chosen one is not looked for.
  const asked = (typed: string) => (typed === chosen?.label ? '' : typed.trim());
  const found = useQuery({
    queryKey: [...choices.key, 'found', asked(settled)],
    queryFn: () => choices.find(asked(settled)),
    placeholderData: keepPreviousData,
  });
  const fits = ({ label }: Choice) => label.toLocaleLowerCase().includes(asked(text).toLocaleLowerCase());
  const finds = found.data?.filter((choice) => choice.value !== except) ?? [];
  const offered = [...here.filter(fits), ...finds];
  // It is an option so that the field knows its name, and no line of what was found.
  const hidden = chosen && !offered.some((choice) => choice.value === chosen.value) ? chosen : undefined;
  const others = [...finds, ...(hidden ? [hidden] : [])];
  const failure = one.error ?? found.error;
  return (
    <Select
      placeholder={t('shared.typeToSearch')}
      nothingFoundMessage={found.isFetching ? t('shared.searching') : t('shared.nothingFound')}
      {...field}
      {...(failure ? { error: failure.message } : {})}
      searchable
      value={value}
      onChange={(next) => {
        setPicked(offered.find((choice) => choice.value === next));
        onChange(next);
      }}
      onSearchChange={setText}
      filter={without(hidden)}
      data={
        groups === undefined
          ? [...here.filter(fits), ...others]
          : [
              { group: groups[0], items: here.filter(fits) },
              { group: groups[1], items: others },
            ].filter(({ items }) => items.length > 0)
      }
    />
  );
}
