import { credentialsConformance } from "./conformance/credentials.ts";
import { deliveryStoreConformance } from "./conformance/delivery-store.ts";
import { importsConformance } from "./conformance/imports.ts";
import { loginDirectoryConformance } from "./conformance/login-directory.ts";
import { maildropStoreConformance } from "./conformance/maildrop-store.ts";
import { registryConformance } from "./conformance/registry.ts";
import { createMemoryStore, type StorePorts } from "./memory-store.ts";

const open = async (): Promise<StorePorts> => createMemoryStore();

maildropStoreConformance("memory", open);
deliveryStoreConformance("memory", open);
loginDirectoryConformance("memory", open);
credentialsConformance("memory", open);
registryConformance("memory", open);
importsConformance("memory", open);
