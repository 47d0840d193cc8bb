"""What runs in AWS Lambda: from a batch of Kinesis records to DynamoDB items."""
