/* heron: the device, its CPU mappings and its ways to sleep, wake and go. */
#include "heron.h"

static void heron_zap(struct heron_device *hdev)
{
	hdev->zaps++;
	unmap_mapping_range(NULL, 0, 0, 1);
}

static void heron_zap_and_lock(struct heron_device *hdev)
{
	down_write(&hdev->memory_lock);
	heron_zap(hdev);
}

static bool heron_reachable(struct heron_device *hdev, unsigned long address)
{
	if (hdev->asleep || address > 4096)
		return false;

	return true;
}

static vm_fault_t heron_fault(struct heron_device *hdev, unsigned long address)
{
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (address % 8 == 0) {
		scoped_guard(rwsem_read, &hdev->memory_lock)
			if (heron_reachable(hdev, address))
				ret = vmf_insert_pfn(NULL, address, address >> 12);
	}

	return ret;
}

#ifdef CONFIG_HERON_SLEEP
static int heron_sleep(struct heron_device *hdev, int state)
{
	heron_zap_and_lock(hdev);
	heron_bufs_move(hdev, true);
	if (hdev->asleep) {
		up_write(&hdev->memory_lock);
		return -EINVAL;
	}

	switch (state) {
	case 1:
	case 2:
		hdev->asleep = true;
		break;
	default:
		up_write(&hdev->memory_lock);
		return -ENODEV;
	}
	up_write(&hdev->memory_lock);

	return 0;
}
#endif

static void heron_wake(struct heron_device *hdev)
{
	down_write(&hdev->memory_lock);
	hdev->asleep = false;
	heron_bufs_move(hdev, false);
	up_write(&hdev->memory_lock);
}

static int heron_configure(struct heron_device *hdev, int value)
{
	int old;

	guard(mutex)(&hdev->conf_lock);
	old = hdev->zaps;
	if (value < 0)
		return -EINVAL;
	if (value == old)
		return old + value;
	hdev->zaps = value;

	return 0;
}

static int heron_init(struct heron_device *hdev, struct pci_dev *pdev)
{
	int ret;

	hdev->pdev = pdev;
	ret = pcim_p2pdma_init(pdev);
	if (ret && ret != -EOPNOTSUPP)
		return ret;
	INIT_LIST_HEAD(&hdev->bufs);
	init_rwsem(&hdev->memory_lock);
	mutex_init(&hdev->conf_lock);

	return 0;
}

static void heron_close(struct heron_device *hdev)
{
	heron_zap(hdev);
	heron_bufs_cleanup(hdev);
}

const struct heron_ops heron_ops = {
	.init = heron_init,
	.fault = heron_fault,
	.sleep = heron_sleep,
	.wake = heron_wake,
	.configure = heron_configure,
	.close = heron_close,
};
