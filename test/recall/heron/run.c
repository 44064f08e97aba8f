/* Runs heron through its life in one thread. What it prints must not change under any disguise. */
#include "heron.h"
#include "heron_dmabuf.c"
#include "heron_core.c"

static void import(struct dma_buf *buf, struct dma_buf_attachment *a, bool revocable)
{
	*a = (struct dma_buf_attachment){ .dmabuf = buf, .peer2peer = true, .revocable = revocable };
	say("attach %d\n", buf->ops->attach(buf, a));
	buf->importer = a;
}

static void map(struct dma_buf_attachment *a)
{
	struct sg_table *s;

	dma_resv_lock(a->dmabuf->resv, NULL);
	s = a->dmabuf->ops->map_dma_buf(a, DMA_NONE);
	dma_resv_unlock(a->dmabuf->resv);
	say("mapped %ld\n", IS_ERR(s) ? PTR_ERR(s) : 0);
	a->mapped = IS_ERR(s) ? NULL : s;
}

int main(void)
{
	static struct pci_dev pdev;
	static struct heron_device hdev;
	struct dma_buf_attachment first, second, stubborn;
	struct dma_buf *one, *two, *three;

	say("init %d\n", heron_ops.init(&hdev, &pdev));
	say("export %d\n", heron_export(&hdev, 0));
	say("export %d\n", heron_export(&hdev, 64));
	one = last_buffer;
	say("export %d\n", heron_export(&hdev, 128));
	two = last_buffer;
	import(one, &first, true);
	import(two, &second, true);
	map(&first);
	say("fault %d\n", heron_ops.fault(&hdev, 8));
	say("fault %d\n", heron_ops.fault(&hdev, 9));
	say("fault %d\n", heron_ops.fault(&hdev, 8192));
	say("sleep %d\n", heron_ops.sleep(&hdev, 3));
	say("sleep %d\n", heron_ops.sleep(&hdev, 1));
	map(&first);
	import(one, &first, true);
	say("fault %d\n", heron_ops.fault(&hdev, 8));
	say("sleep %d\n", heron_ops.sleep(&hdev, 2));
	heron_ops.wake(&hdev);
	map(&first);
	map(&second);
	say("configure %d\n", heron_ops.configure(&hdev, -1));
	say("configure %d\n", heron_ops.configure(&hdev, 7));
	say("configure %d\n", heron_ops.configure(&hdev, 7));
	say("export %d\n", heron_export(&hdev, 32));
	three = last_buffer;
	import(three, &stubborn, false);
	map(&stubborn);
	say("sleep %d\n", heron_ops.sleep(&hdev, 1));
	two->file->count = 0;
	heron_ops.close(&hdev);
	two->ops->release(two);
	dma_buf_put(one);
	return 0;
}
