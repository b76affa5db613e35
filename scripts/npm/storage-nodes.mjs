// Stores a blob on storage nodes and reads another one from them with Mysten's
// own code, unmodified: the node client of @mysten/walrus, and the encoder and
// BLS12-381 of @mysten/walrus-wasm.
//
// stdin: {"nShards", "nodes": [{"url", "publicKey": hex, "shards": […]}],
//         "store": {"id", "data": base64}, "read": {"id", "size"}, "unknown": id}
// stdout: {"signers": […], "message": base64, "signature": base64, "read": base64, "status": […]}
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { BlobEncoder, bls12381_min_pk_aggregate, bls12381_min_pk_verify } = createRequire(import.meta.url)('@mysten/walrus-wasm');
const dist = new URL('./node_modules/@mysten/walrus/dist/', import.meta.url);
const { StorageNodeClient } = await import(new URL('storage-node/client.mjs', dist));
const { BlobNotRegisteredError, NotFoundError } = await import(new URL('storage-node/error.mjs', dist));
const { getSourceSymbols, toShardIndex } = await import(new URL('utils/index.mjs', dist));
const { BlobId, blobIdFromBytes } = await import(new URL('utils/bcs.mjs', dist));

const cfg = JSON.parse(readFileSync(0, 'utf8'));
const client = new StorageNodeClient();
const nodeOf = (pair, blobId) => cfg.nodes.find((n) => n.shards.includes(toShardIndex(pair, blobId, cfg.nShards)));

function demand(ok, what) {
	if (!ok) throw new Error(what);
}

async function refused(promise, type, what) {
	const error = await promise.then(() => undefined, (e) => e);
	demand(error instanceof type, `${what}: ${error}`);
}

function encode(data) {
	const { primarySymbols, secondarySymbols } = getSourceSymbols(cfg.nShards);
	let size = Math.ceil(Math.max(data.length, 1) / (primarySymbols * secondarySymbols));
	size += size % 2;
	const buffers = (symbols) => Array.from({ length: cfg.nShards }, () => {
		let prefix = 1;
		for (let n = (symbols * size) >> 7; n > 0; n >>= 7) prefix++;
		return new Uint8Array(prefix + symbols * size + 4);
	});
	const primary = buffers(secondarySymbols), secondary = buffers(primarySymbols);
	const [metadata] = new BlobEncoder(cfg.nShards).encode(data, primary, secondary);
	return { id: blobIdFromBytes(new Uint8Array(metadata.blob_id)), metadata: metadata.metadata, primary, secondary };
}

async function store() {
	const blob = encode(new Uint8Array(Buffer.from(cfg.store.data, 'base64')));
	demand(blob.id === cfg.store.id, `blob id ${blob.id}, want ${cfg.store.id}`);
	const blobId = blob.id;
	await refused(client.storeBlobMetadata({ blobId: cfg.unknown, metadata: blob.metadata }, { nodeUrl: cfg.nodes[0].url }), BlobNotRegisteredError, 'unregistered');
	await refused(client.getBlobMetadata({ blobId }, { nodeUrl: cfg.nodes[0].url }), NotFoundError, 'metadata before it is stored');
	for (const { url: nodeUrl } of cfg.nodes) {
		const stored = await client.storeBlobMetadata({ blobId, metadata: blob.metadata }, { nodeUrl });
		demand(stored.success.code === 201, `metadata: ${JSON.stringify(stored)}`);
	}
	for (let pair = 0; pair < cfg.nShards; pair++) {
		const nodeUrl = nodeOf(pair, blobId).url;
		for (const [sliverType, slivers] of [['primary', blob.primary], ['secondary', blob.secondary]])
			await client.storeSliver({ blobId, sliverPairIndex: pair, sliverType, sliver: slivers[pair] }, { nodeUrl });
	}
	const signatures = [], signers = [];
	let message;
	for (const [i, node] of cfg.nodes.entries()) {
		const { signed } = (await client.getPermanentBlobConfirmation({ blobId }, { nodeUrl: node.url })).success.data;
		message = Buffer.from(signed.serializedMessage, 'base64');
		const signature = new Uint8Array(Buffer.from(signed.signature, 'base64'));
		demand(bls12381_min_pk_verify(signature, new Uint8Array(Buffer.from(node.publicKey, 'hex')), new Uint8Array(message)), `signature of node ${i}`);
		signatures.push(signature);
		signers.push(i);
	}
	return { signers, message: message.toString('base64'), signature: Buffer.from(bls12381_min_pk_aggregate(signatures)).toString('base64') };
}

async function read() {
	const blobId = cfg.read.id;
	const { metadata, blobId: id } = await client.getBlobMetadata({ blobId }, { nodeUrl: cfg.nodes[1].url });
	demand(id === blobId && Number(metadata.V1.unencoded_length) === cfg.read.size && metadata.V1.hashes.length === cfg.nShards, 'metadata');
	const slivers = [];
	for (let pair = cfg.nShards - getSourceSymbols(cfg.nShards).primarySymbols; pair < cfg.nShards; pair++)
		slivers.push(await client.getSliver({ blobId, sliverPairIndex: pair, sliverType: 'primary' }, { nodeUrl: nodeOf(pair, blobId).url }));
	const out = new Uint8Array(cfg.read.size);
	new BlobEncoder(cfg.nShards).decode(BlobId.serialize(blobId).toBytes(), BigInt(cfg.read.size), slivers, out);
	return Buffer.from(out).toString('base64');
}

const certificate = await store();
const status = [
	await client.getBlobStatus({ blobId: cfg.store.id }, { nodeUrl: cfg.nodes[2].url }),
	await client.getBlobStatus({ blobId: cfg.unknown }, { nodeUrl: cfg.nodes[2].url }),
];
console.log(JSON.stringify({ ...certificate, read: await read(), status }));
