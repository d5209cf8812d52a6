import type { Layer } from './layer.js';
import { type PackedStrings, StringPacker, unpackString } from './packed-strings.js';

/** What lay around the events of a batch: what many of them share is said once. */
export interface PackedLayers {
  /** Layers around events as JSON, each kind of them once: ids and times that are texts are empty where they are in `own`. */
  readonly chains: readonly string[];
  /** Of each event the number of its chain, from 1; 0 when it was in no envelope. */
  readonly chainOf: Uint32Array;
  /** Of each event the ids and times of its layers in their order, each with a `\0` behind it. */
  readonly own: PackedStrings;
}

const END = '\0';

/** The layers around the event at `index`, outermost first; undefined when it was in no envelope. */
export function unpackLayers({ chains, chainOf, own }: PackedLayers, index: number): readonly Layer[] | undefined {
  const json = chains[(chainOf[index] ?? 0) - 1];
  if (json === undefined) return undefined;
  const layers = JSON.parse(json) as readonly Layer[]; // as it was packed
  const texts = unpackString(own, index).split(END);
  if (texts.length === 1) return layers;
  let next = 0;
  return layers.map((layer) => {
    const id = typeof layer.id === 'string' && { id: texts[next++] ?? '' };
    return { ...layer, ...id, ...(typeof layer.time === 'string' && { time: texts[next++] ?? '' }) };
  });
}

/** Packs the layers around events as they come, in the order of their indexes. */
export class LayerPacker {
  private readonly own = new StringPacker();
  private readonly numbers = new Map<string, number>();
  private chainOf = new Uint32Array(1_024);
  private last: readonly Layer[] = [];
  private lastNumber = 0;

  add(index: number, layers: readonly Layer[]): void {
    if (index >= this.chainOf.length) this.grow(index);
    const own = ownTexts(layers);
    if (own === undefined) {
      this.chainOf[index] = this.numberOf(JSON.stringify(layers));
      return;
    }
    if (!areAlike(layers, this.last)) {
      this.lastNumber = this.numberOf(JSON.stringify(layers.map(withoutOwn)));
      this.last = layers;
    }
    this.chainOf[index] = this.lastNumber;
    this.own.add(index, own);
  }

  /** The layers of the events up to `count`; the packer is empty afterwards. */
  finish(count: number): PackedLayers {
    if (count > this.chainOf.length) this.grow(count);
    const packed = {
      chains: [...this.numbers.keys()],
      chainOf: this.chainOf.slice(0, count),
      own: this.own.finish(count),
    };
    this.chainOf.fill(0);
    this.numbers.clear();
    this.last = [];
    return packed;
  }

  private numberOf(chain: string): number {
    const known = this.numbers.get(chain);
    if (known !== undefined) return known;
    this.numbers.set(chain, this.numbers.size + 1);
    return this.numbers.size;
  }

  private grow(index: number): void {
    const wider = new Uint32Array(2 * index);
    wider.set(this.chainOf);
    this.chainOf = wider;
  }
}

/** Ids and times behind one another; undefined when a text cannot stand there as it is. */
function ownTexts(layers: readonly Layer[]): string | undefined {
  let texts = '';
  let count = 0;
  for (let at = 0; at < layers.length; at++) {
    const { id, time } = layers[at] as Layer; // within bounds
    if (typeof id === 'string') {
      texts += id + END;
      count++;
    }
    if (typeof time === 'string') {
      texts += time + END;
      count++;
    }
  }
  return texts.isWellFormed() && endsIn(texts) === count ? texts : undefined;
}

function endsIn(texts: string): number {
  let ends = 0;
  for (let at = texts.indexOf(END); at >= 0; at = texts.indexOf(END, at + 1)) ends++;
  return ends;
}

function withoutOwn(layer: Layer): Layer {
  const id = typeof layer.id === 'string' && { id: '' };
  return { ...layer, ...id, ...(typeof layer.time === 'string' && { time: '' }) };
}

/** Whether two chains differ in nothing but ids and times that are texts. */
function areAlike(layers: readonly Layer[], others: readonly Layer[]): boolean {
  if (layers.length !== others.length) return false;
  for (let at = 0; at < layers.length; at++) if (!isAlike(layers[at] as Layer, others[at] as Layer)) return false; // within bounds
  return true;
}

function isAlike(layer: Layer, other: Layer): boolean {
  let members = 0;
  for (const key in layer) {
    members++;
    const name = key as keyof Layer; // whatever a layer of an earlier run holds is compared as well
    if (!isSame(name, layer[name], other[name])) return false;
  }
  for (const _ in other) members--;
  return members === 0;
}

function isSame(name: keyof Layer, value: unknown, other: unknown): boolean {
  if (value === other) return true;
  if (name === 'id' || name === 'time') return typeof value === 'string' && typeof other === 'string';
  return name === 'error' && isSameError(value, other);
}

type Members = Readonly<Record<string, unknown>>;

function isSameError(error: unknown, other: unknown): boolean {
  if (typeof error !== 'object' || typeof other !== 'object' || error === null || other === null) return false;
  let members = 0;
  for (const key in error) {
    members++;
    if ((error as Members)[key] !== (other as Members)[key]) return false; // objects, as was just seen
  }
  for (const _ in other) members--;
  return members === 0;
}
