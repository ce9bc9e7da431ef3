"""Storages that answer by the CORS rules of a bucket or account."""

import re

from corsight.policies.findings.products.model import Product, end_in, sign

PRODUCTS = (
    Product(
        "Cloudflare R2",
        "storage",
        (),
        "In the bucket's CORS policy (R2, Settings), list the origin in AllowedOrigins, the method in AllowedMethods "
        "and the headers, each by name, in AllowedHeaders.",
        "server",
        end_in("r2.cloudflarestorage.com", "r2.dev"),
    ),
    Product(
        "Azure Blob Storage",
        "storage",
        (sign("x-ms-error-code", "^Cors"), sign("server", "^(?:Windows-Azure-|Azurite)"), sign("x-ms-blob-type")),
        "In the CORS rules of the storage account's service (Settings, Resource sharing; or az storage cors add), list "
        "the origin, the method and the headers. OPTIONS itself need not be listed.",
    ),
    Product(
        "Google Cloud Storage",
        "storage",
        (sign("x-guploader-uploadid"), sign("server", "^UploadServer"), sign("x-goog-generation")),
        "Set the bucket's CORS configuration (gcloud storage buckets update --cors-file) with origin, method and the "
        "request headers (responseHeader).",
        "server",
        end_in(
            "storage.googleapis.com",
            "storage.cloud.google.com",
            "firebasestorage.googleapis.com",
            "firebasestorage.app",
        ),
    ),
    Product(
        "MinIO",
        "storage",
        (sign("server", "^MinIO"), sign("x-minio-error-code")),
        "Set MINIO_API_CORS_ALLOW_ORIGIN (or the bucket's CORS configuration) to list the origin.",
    ),
    Product(
        "S3",
        "storage",
        (sign("server", "^(?:AmazonS3|Ceph)"), sign("x-amz-id-2"), sign("x-amz-bucket-region")),
        "In the bucket's CORS configuration (Permissions, Cross-origin resource sharing), list the origin in "
        "AllowedOrigins, the method in AllowedMethods (not OPTIONS: S3 does not accept it there) and the headers in "
        "AllowedHeaders. A CDN in front of the bucket has to forward the Origin header.",
        "server",
        re.compile(
            r"(?:^|\.)s3[.-](?:[a-z0-9-]+\.)*(?:amazonaws\.com|wasabisys\.com|backblazeb2\.com|scw\.cloud)$|"
            r"\.digitaloceanspaces\.com$"
        ),
    ),
)
