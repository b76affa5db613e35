// Packages that link to each other carry placeholders for each other's ids, which
// are known only when they are published.
import { fromBase64, toBase64 } from '@mysten/sui/utils';

// linker remembers the ids of published packages and writes them into the next.
export function linker() {
	const ids = new Map();
	const resolve = ({ modules, dependencies }) => ({
		modules: modules.map((m) => {
			let hex = Buffer.from(fromBase64(m)).toString('hex');
			for (const [placeholder, id] of ids) hex = hex.replaceAll(placeholder, id.slice(2));
			return toBase64(Buffer.from(hex, 'hex'));
		}),
		dependencies: dependencies.map((d) => ids.get(d) ?? d),
	});
	return { resolve, add: ({ placeholder }, id) => ids.set(placeholder, id) };
}
