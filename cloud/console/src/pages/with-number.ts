/** With the number, or without it where nothing is typed. */
export function withNumber<Kept extends object>(of: Kept, name: keyof Kept, value: number | string): Kept {
  const { [name]: _, ...others } = of;
  return (value === '' ? others : { ...others, [name]: Number(value) }) as Kept;
}
