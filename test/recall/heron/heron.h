/* heron: a small exporter in kernel style that the disguises and the mutation operators are tried on. Ours; stands in for a real family. */
#ifndef HERON_H
#define HERON_H

#include "stub.h"

struct heron_device {
	struct pci_dev *pdev;
	struct rw_semaphore memory_lock;
	struct mutex conf_lock;
	struct list_head bufs;
	bool asleep;
	int zaps;
};

struct heron_buf {
	struct dma_buf *dmabuf;
	struct heron_device *hdev;
	struct list_head on_device;
	struct p2pdma_provider *provider;
	struct phys_vec span;
	struct kref kref;
	struct completion comp;
	u8 revoked : 1;
};

static inline void heron_buf_done(struct kref *kref)
{
	struct heron_buf *buf = container_of(kref, struct heron_buf, kref);

	complete(&buf->comp);
}

struct heron_ops {
	int (*init)(struct heron_device *hdev, struct pci_dev *pdev);
	vm_fault_t (*fault)(struct heron_device *hdev, unsigned long address);
	int (*sleep)(struct heron_device *hdev, int state);
	void (*wake)(struct heron_device *hdev);
	int (*configure)(struct heron_device *hdev, int value);
	void (*close)(struct heron_device *hdev);
};

extern const struct heron_ops heron_ops;

int heron_export(struct heron_device *hdev, size_t size);
void heron_bufs_move(struct heron_device *hdev, bool revoked);
void heron_bufs_cleanup(struct heron_device *hdev);

#endif
