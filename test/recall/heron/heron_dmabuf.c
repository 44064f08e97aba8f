/* heron: what importers see, and how the buffers are revoked. */
#include "heron.h"
#include "stub.h"

static int heron_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	struct heron_buf *buf = dmabuf->priv;

	if (!attachment->peer2peer)
		return -EOPNOTSUPP;

	if (buf->revoked)
		return -ENODEV;

	if (!dma_buf_attach_revocable(attachment))
		return -EOPNOTSUPP;

	return 0;
}

static struct sg_table *heron_map(struct dma_buf_attachment *attachment, enum dma_data_direction dir)
{
	struct heron_buf *buf = attachment->dmabuf->priv;
	struct sg_table *ret;

	dma_resv_assert_held(buf->dmabuf->resv);

	if (buf->revoked)
		return ERR_PTR(-ENODEV);

	ret = dma_buf_phys_vec_to_sgt(attachment, buf->provider, &buf->span, 1, buf->span.len, dir);
	if (IS_ERR(ret))
		return ret;

	kref_get(&buf->kref);
	return ret;
}

static void heron_unmap(struct dma_buf_attachment *attachment, struct sg_table *sgt, enum dma_data_direction dir)
{
	struct heron_buf *buf = attachment->dmabuf->priv;

	dma_buf_free_sgt(attachment, sgt, dir);
	kref_put(&buf->kref, heron_buf_done);
}

static void heron_release(struct dma_buf *dmabuf)
{
	struct heron_buf *buf = dmabuf->priv;

	if (buf->hdev) {
		down_write(&buf->hdev->memory_lock);
		list_del_init(&buf->on_device);
		up_write(&buf->hdev->memory_lock);
	}
	kfree(buf);
}

static const struct dma_buf_ops heron_dmabuf_ops = {
	.attach = heron_attach,
	.map_dma_buf = heron_map,
	.unmap_dma_buf = heron_unmap,
	.release = heron_release,
};

static int heron_get_provider(struct heron_device *hdev, struct p2pdma_provider **provider)
{
	*provider = pcim_p2pdma_provider(hdev->pdev, 2);
	if (!*provider)
		return -EINVAL;

	return 0;
}

int heron_export(struct heron_device *hdev, size_t size)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct heron_buf *buf;
	int ret;

	if (size == 0 || size > 4096)
		return -EINVAL;

	buf = kzalloc_obj(*buf);
	if (!buf)
		return -ENOMEM;

	ret = heron_get_provider(hdev, &buf->provider);
	if (ret)
		goto err_free;

	buf->hdev = hdev;
	buf->span.len = size;
	exp_info.ops = &heron_dmabuf_ops;
	exp_info.priv = buf;
	buf->dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(buf->dmabuf)) {
		ret = PTR_ERR(buf->dmabuf);
		goto err_free;
	}

	kref_init(&buf->kref);
	init_completion(&buf->comp);
	INIT_LIST_HEAD(&buf->on_device);
	down_write(&hdev->memory_lock);
	dma_resv_lock(buf->dmabuf->resv, NULL);
	buf->revoked = hdev->asleep;
	list_add_tail(&buf->on_device, &hdev->bufs);
	dma_resv_unlock(buf->dmabuf->resv);
	up_write(&hdev->memory_lock);

	ret = dma_buf_fd(buf->dmabuf, 0);
	if (ret < 0)
		dma_buf_put(buf->dmabuf);

	return ret;

err_free:
	kfree(buf);
	return ret;
}

void heron_bufs_move(struct heron_device *hdev, bool revoked)
{
	struct heron_buf *buf;
	struct heron_buf *tmp;

	list_for_each_entry_safe(buf, tmp, &hdev->bufs, on_device) {
		if (!get_file_active(&buf->dmabuf->file))
			continue;

		if (buf->revoked != revoked) {
			dma_resv_lock(buf->dmabuf->resv, NULL);
			if (revoked)
				buf->revoked = true;
			dma_buf_invalidate_mappings(buf->dmabuf);
			dma_resv_wait_timeout(buf->dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, false,
					      MAX_SCHEDULE_TIMEOUT);
			dma_resv_unlock(buf->dmabuf->resv);
			if (revoked) {
				kref_put(&buf->kref, heron_buf_done);
				wait_for_completion(&buf->comp);
				/* Ready for the next round. */
				kref_init(&buf->kref);
				reinit_completion(&buf->comp);
			} else {
				dma_resv_lock(buf->dmabuf->resv, NULL);
				buf->revoked = false;
				dma_resv_unlock(buf->dmabuf->resv);
			}
		}
		fput(buf->dmabuf->file);
	}
}

void heron_bufs_cleanup(struct heron_device *hdev)
{
	struct heron_buf *buf;
	struct heron_buf *tmp;

	down_write(&hdev->memory_lock);
	heron_bufs_move(hdev, true);
	list_for_each_entry_safe(buf, tmp, &hdev->bufs, on_device) {
		if (!get_file_active(&buf->dmabuf->file))
			continue;
		list_del_init(&buf->on_device);
		buf->hdev = NULL;
		fput(buf->dmabuf->file);
	}
	up_write(&hdev->memory_lock);
}
