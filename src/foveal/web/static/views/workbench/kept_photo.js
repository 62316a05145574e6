// The photo that is tried, in this tab's memory only: it goes along from part to part.

let current = null;

export const keep = (photo) => { current = photo; };
export const kept = () => current;
